"""What is demanded here: profiles, waivers and attestations, each validated before anything is probed."""
