"""Files made to run code, or to take more memory or time than there is."""
