#!/usr/bin/env python3
"""The harness's own arithmetic: medians, tables, plot, marks in a README. Needs neither root nor a build."""
import sys
import tempfile
import unittest
import xml.dom.minidom
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from benchlab import measure, report  # noqa: E402


def rows():
    ours, theirs = measure.Row("deployctl"), measure.Row("rsync <one>")
    for seconds in (9.0, 1.0, 2.0):
        ours.add("seconds", seconds)
        theirs.add("seconds", 2 * seconds)
    return [ours, theirs]


class Report(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def results(self):
        results = report.Results(self.out, 3, "an input")
        results.add("push", "a push", rows())
        results.write()
        return results

    def test_takes_the_median_and_not_the_mean(self):
        self.assertEqual(rows()[0].median("seconds"), 2.0)

    def test_the_table_has_ratios_to_its_first_row(self):
        table = self.results().markdown()
        self.assertIn("| deployctl | 2.00 | 1.00 |", table)
        self.assertIn("| rsync <one> | 4.00 | 2.00 |", table)

    def test_the_plot_is_well_formed(self):
        self.results()
        self.assertEqual(len(xml.dom.minidom.parse(str(self.out / "plot.svg")).getElementsByTagName("rect")), 3)

    def test_a_later_run_keeps_other_scenarios(self):
        self.results()
        later = report.Results(self.out, 3, "an input")
        later.add("rollback", "a rollback", [], "it broke\nbadly")
        self.assertIn("push", later.data["scenarios"])
        self.assertIn("Failed: it broke", later.markdown())

    def test_what_was_measured_before_a_failure_is_kept(self):
        results = report.Results(self.out, 3, "an input")
        results.add("push", "a push", rows()[:1], "ansible broke\nbadly")
        table = results.markdown()
        self.assertIn("Failed: ansible broke\n", table)
        self.assertIn("| deployctl | 2.00 |", table)

    def test_only_what_is_between_the_marks_is_replaced(self):
        readme = self.out / "README.md"
        readme.write_text(f"before\n{report.MARKS[0]}\nold\n{report.MARKS[1]}\nafter\n")
        results = self.results()
        results.into(readme)
        results.into(readme)
        text = readme.read_text()
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        self.assertNotIn("old", text)
        self.assertEqual(text.count("| deployctl |"), 1)

    def test_says_when_others_disturbed_it(self):
        disturbed = rows()
        disturbed[0].others.append(0.4)
        results = report.Results(self.out, 3, "an input")
        results.add("push", "a push", disturbed)
        self.assertIn("up to 40% of the machine", results.markdown())


if __name__ == "__main__":
    unittest.main()
