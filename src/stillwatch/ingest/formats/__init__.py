"""The log formats, one file each; the folder is the list. See ``stillwatch.ingest.base`` to add one."""
