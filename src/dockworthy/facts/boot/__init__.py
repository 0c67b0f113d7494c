"""What is written for the next boot: file systems, kernels, saved rules."""
