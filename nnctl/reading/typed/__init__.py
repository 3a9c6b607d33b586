"""Tables whose files tell numbers from text: JSON Lines, SQLite, Parquet, Excel."""
