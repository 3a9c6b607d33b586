"""From files to arrays: reading tables, encoding labels, scaling, and splitting off validation."""
