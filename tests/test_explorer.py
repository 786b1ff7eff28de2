"""The explorer's page in headless Chromium: its numbers are Python's, and what hands do to it shows at once."""
