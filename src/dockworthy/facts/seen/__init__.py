"""What was seen of a host besides all questions: what is listed, not judged."""
