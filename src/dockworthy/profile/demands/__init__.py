"""What a profile can demand, one module a topic; `dockworthy.profile.params.Params` is all of them together."""
