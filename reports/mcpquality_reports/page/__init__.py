"""What the HTML page shows, one room of it a module; `html` renders it."""
