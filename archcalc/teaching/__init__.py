"""Exercise sheets about networks, and the marking of students' answers."""
