"""What the browser gets: pages, tickets, errors."""
