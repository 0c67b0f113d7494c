"""What a person is told of a verdict: the fix, the picture of the chain, what would happen if."""
