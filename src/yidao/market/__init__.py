"""The demo world; it talks to Yidao by HTTP only."""
