"""A catalogue that machines share through a bucket or a folder: publishing segments, and pulling them."""
