"""Yidao (驿道): the self-hosted fulfilment platform of a live-commerce marketplace."""
