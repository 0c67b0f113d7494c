"""A host's files as the probe saw them: what is where, followed as the kernel follows paths.

Built once a host from its snapshot ([seen][dockworthy.hosttree.seen]); the engine's start, the loaders of
certificates, the containers' mounts and the checks of owners and modes all read this one tree.
"""
