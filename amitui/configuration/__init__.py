"""Where settings come from: the config file, the environment, typed options; each checked where it enters."""
