"""From labelled recordings to a checkpoint, and the scores of one."""
