"""What is wrong with the code? The scanners, and what they are made of."""
