import Foundation

/// One run of the command.
package struct Command {
  package let status: Int32
  package let output: String
  package let errors: String

  package var errorLines: [Substring] { errors.split(separator: "\n") }

  /// The folder of the built command: that of the tests.
  package static let folder = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent()

  /// - Parameters:
  ///   - environment: variables beside the test's own, without those of a CI service.
  ///   - directory: the working directory.
  package init(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil
  ) throws {
    try self.init(
      Self.folder.appendingPathComponent("verify-patch"), arguments, environment: environment,
      directory: directory)
  }

  /// Runs a script of bash, which ends with the first command that fails, as CI services do.
  ///
  /// - Parameter path: folders to look for commands in before all others; the built command's when
  ///   left out.
  package init(
    shell script: String, path: [String] = [folder.path], environment: [String: String] = [:],
    directory: String
  ) throws {
    let inherited = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    try self.init(
      URL(fileURLWithPath: "/bin/bash"), ["-e", "-c", script],
      environment: environment.merging([
        "PATH": (path + [inherited]).joined(separator: ":")
      ]) { $1 }, directory: directory)
  }

  private init(
    _ executable: URL, _ arguments: [String], environment: [String: String], directory: String?
  ) throws {
    let process = Process()
    process.executableURL = executable
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

  package func json() throws -> [String: Any]? {
    try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
  }
}
