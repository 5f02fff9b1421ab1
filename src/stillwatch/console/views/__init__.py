"""What answers each path of ``routes``: one file a page. A view takes an ``Ask`` whose rights were checked already."""
