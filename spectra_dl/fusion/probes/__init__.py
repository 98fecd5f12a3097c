"""What the audit tries on patients with several blocks: columns that know the class, blocks that are missing by class, and blocks of other people."""
