"""From the files a publisher gives to a Dataset: one small adapter a format, one way to clean, split and check."""
