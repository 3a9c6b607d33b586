"""Studies: trials of a config whose keys have other values, kept in a storage of Optuna's."""
