"""The folder of notes refuses to be left."""

import unittest
from pathlib import Path

from notes_server.backup import backup_plan
from notes_server.store import safe_note_path


class NotePathTest(unittest.TestCase):
    def test_a_note_lies_in_the_folder(self) -> None:
        self.assertEqual(safe_note_path("plan").parent, Path("notes").resolve())

    def test_a_name_that_leads_out_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            safe_note_path("../secret")

    def test_nothing_to_back_up(self) -> None:
        self.assertEqual(backup_plan(everything=False), [])


if __name__ == "__main__":
    unittest.main()
