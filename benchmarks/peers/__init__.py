"""Workers that measure other simulators, each in its own environment, and what starts them."""
