"""The commands of `churnwatch`, one module each: what an option line asks for, done."""
