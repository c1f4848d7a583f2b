import ArgumentParser
import FoundationEssentials
import Glibc
import Verification

/// Where a report goes beside the terminal.
struct ReportArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write the report as JSON to this file, or to standard output with '-'.", valueName: "file"))
  var json: String?
  @Option(
    help: ArgumentHelp(
      "Write the report as JUnit XML to this file: a case for each image and check.",
      valueName: "file"))
  var junit: String?

  /// Prints and writes a report.
  ///
  /// Ends the process with the exit status of the report's verdict.
  ///
  /// - Throws: exit status 2 when a file cannot be written.
  func publish(_ report: Report) throws -> Never {
    report.failuresOnStandardError.forEach(Console.error)
    if getenv("GITHUB_ACTIONS").map({ String(cString: $0) }) == "true" {
      Console.workflowCommands(report.annotations, json: json)
    }
    if let junit { try Console.write(Data(report.junit.utf8), toFile: junit) }
    try Console.report(report.text, json: json, report)
    try Console.checkDelivery()
    VerifyPatch.exit(withError: ExitCode(report.verdict.exitStatus))
  }
}
