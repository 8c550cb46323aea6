"""Makes a language model safer by breaking it and fixing what broke, again and again."""
