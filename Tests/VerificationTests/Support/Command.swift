import Foundation

/// One run of the command.
struct Command {
  let status: Int32
  let output: String
  let errors: String

  var errorLines: [Substring] { errors.split(separator: "\n") }

  /// - Parameters:
  ///   - environment: variables beside the test's own, without those of a CI service.
  ///   - directory: the working directory.
  init(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
  ) throws {
    // The command is built beside the tests.
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let process = Process()
    process.executableURL = folder.appendingPathComponent("verify-patch")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .filter { $0.key != "GITHUB_ACTIONS" }.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // What either pipe gets here is far less than it holds.
    self.output = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    self.errors = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  func json() throws -> [String: Any]? {
    try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
  }
}
