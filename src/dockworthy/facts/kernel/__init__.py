"""What a kernel's evidence means: its version, its build options, its cgroups, namespaces, modules and sysctls.

Everything here is a pure function of bytes: [dockworthy.facts.kernel.lookup][] says how the evidence comes in,
[dockworthy.facts.kernel.host][] takes it from a snapshot.
"""
