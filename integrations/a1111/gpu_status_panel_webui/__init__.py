"""What the extension does beside its tab: runs as jobs, and whether the form would fit. Its scripts load it."""
