# Nothing here: a board that cannot boot cannot be repaired over USB.
