"""What commands do with folders of images alone."""
