"""The parts of `bench.real_aws`, which compares a real account's answers with what amitui expects of them."""
