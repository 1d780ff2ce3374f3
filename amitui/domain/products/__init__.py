"""What is known of publishers and their products: one file of data a publisher, and how a name is read by it."""
