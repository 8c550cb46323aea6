"""Goal sets: one plug-in file each."""
