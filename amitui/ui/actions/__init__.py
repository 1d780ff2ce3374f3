"""What keys and the palette do: one row an action in the registry, and the functions behind them."""
