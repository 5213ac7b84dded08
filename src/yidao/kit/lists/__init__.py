"""
The list-page engine: one declaration gives the filter form, its address, tabs, columns, saved filters, paging, export
and API.

`fields`, `questions`, `columns` and `pager` are pure; `habits` keeps what a person saved and hid; `sources` reads small
tables. Pages are rendered in `web.shared.listpages`.
"""
