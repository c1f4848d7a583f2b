import ArgumentParser
import FoundationEssentials
import Glibc
import Synchronization
import Tensors
import Verification

/// What the command writes: results to standard output, everything else to standard error.
enum Console {
  /// By its descriptor.
  private enum Stream: Int32 {
    case standardOutput = 1
    case standardError = 2
  }

  /// The most bytes of a line on standard error.
  private static let longestError = 4096

  /// One line on standard error.
  static func error(_ message: String) {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ").escapedForLine
    write("verify-patch: \(line.clipped(to: longestError))\n", to: .standardError)
  }

  /// A result on standard output.
  static func result(_ text: String) { write(text.escapedForTerminal, to: .standardOutput) }

  /// Commands to GitHub Actions, a line each, which are to be understood as such.
  static func workflowCommands(_ commands: [String], json: String?) {
    write(
      commands.map { $0.escapedForLine + "\n" }.joined(),
      to: json == "-" ? .standardError : .standardOutput)
  }

  /// Something worth knowing, on standard error.
  static func note(_ message: String) {
    write("note: \(message.escapedForLine)\n", to: .standardError)
  }

  /// Runs `body`; what it throws, but for wrong usage and exit statuses, becomes one line and exit
  /// status 2.
  static func reportingErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as ExitCode {
      throw error
    } catch let error as ValidationError {
      throw error
    } catch let error as UsageError {
      throw ValidationError(error.description)
    } catch {
      Console.error("\(error)")
      throw ExitCode(Verdict.undecided.exitStatus)
    }
  }

  /// The result as text, and as JSON where asked for.
  ///
  /// - Parameter json: a file; with `-` the JSON takes the text's place on standard output and the
  ///   text goes to standard error.
  /// - Throws: exit status 2 when the file cannot be written.
  static func report(_ text: String, json: String?, _ value: some Encodable) throws {
    write(text.escapedForTerminal, to: json == "-" ? .standardError : .standardOutput)
    guard let json else { return }
    let data = encodeJSON(value)
    if json == "-" {
      write(data, to: .standardOutput)
      return
    }
    try write(data, toFile: json)
  }

  /// - Throws: exit status 2 when the file cannot be written.
  static func write(_ data: Data, toFile path: String) throws {
    do {
      try FileWriter.write(data, toFile: path)
    } catch {
      Console.error("\(path): \(error)")
      throw ExitCode(Verdict.undecided.exitStatus)
    }
  }

  /// Lines of results; on standard error when the JSON takes standard output.
  static func lines(_ lines: [String], json: String? = nil) {
    guard !lines.isEmpty else { return }
    write(
      lines.map { $0.escapedForTerminal + "\n" }.joined(),
      to: json == "-" ? .standardError : .standardOutput)
  }

  private static func write(_ text: String, to stream: Stream) {
    write(Data(text.utf8), to: stream)
  }

  private static func write(_ data: Data, to stream: Stream) {
    data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Glibc.write(
          stream.rawValue, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          if stream == .standardOutput { undelivered.store(errno, ordering: .relaxed) }
          return
        }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Why standard output did not take all that was written to it, as the system numbers it.
  private static let undelivered = Atomic<Int32>(0)

  /// Throws exit status 2, with a line, when not all results could be written to standard output.
  static func checkDelivery() throws {
    let code = undelivered.load(ordering: .relaxed)
    guard code != 0 else { return }
    error("standard output cannot be written: \(systemReason(code))")
    throw ExitCode(Verdict.undecided.exitStatus)
  }
}

/// An error with the name of the file it is about.
struct NamedError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
