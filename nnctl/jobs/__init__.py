"""What each command does: plain arguments in, a result out; no options, no terminal."""
