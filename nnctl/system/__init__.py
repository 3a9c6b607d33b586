"""What the machine and its files ask for: whole files, archives, threads, optional packages."""
