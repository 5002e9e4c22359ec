"""What is wrong with this installation, in plain words: `manage.py doctor`."""
