"""What scanners for secrets share: how much of one is shown, what is known, what is noise, what is history."""
