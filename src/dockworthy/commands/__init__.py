"""The commands, one module each: ``add_arguments(parser)`` and ``run(args) -> int``; imported when asked for."""
