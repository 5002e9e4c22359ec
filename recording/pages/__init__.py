"""The pages on which recordings are found and watched."""
