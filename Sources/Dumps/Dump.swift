import FoundationEssentials
import Tensors

/// Named tensors that an engine wrote, whatever tool it was asked through.
///
/// Read are trtexec's `--exportOutput` JSON, its `.raw` bindings and debug tensors (a file or a
/// folder of them), Polygraphy's JSON of outputs or inputs (a file or a folder of iterations),
/// `.npy` and `.npz`. What a file is, its content says; only `.raw` files, which have no header, are
/// known by their names.
public struct Dump: Sendable {
  public enum Format: String, Sendable, CaseIterable {
    case trtexecJSON = "trtexec-json"
    case trtexecRaw = "trtexec-raw"
    case trtexecDebugTensors = "trtexec-debug-tensors"
    case polygraphyJSON = "polygraphy-json"
    case npy
    case npz
  }

  /// What one run of an engine gave.
  public struct Run: Sendable, Equatable {
    /// Which run it is, where a dump holds several.
    public let title: String?
    /// In the dump's order; no two have one name.
    public let tensors: TensorArchive

    public init(title: String? = nil, tensors: TensorArchive) {
      self.title = title
      self.tensors = tensors
    }
  }

  public let format: Format
  /// At least one.
  public let runs: [Run]

  /// The significant decimal digits that numbers were rounded to; `nil` where every bit was kept.
  public var significantDigits: Int? {
    format == .trtexecJSON ? TrtexecJSON.significantDigits : nil
  }

  /// - Throws: ``TensorError``, naming the file, for what cannot be read, is none of the formats,
  ///   is damaged, or holds no tensor or two of one name.
  public init(contentsOf path: String) throws(TensorError) {
    var isFolder = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder {
      self = try DumpFolder(path).dump()
    } else {
      self = try Dump(file: path)
    }
  }

  init(_ format: Format, runs: [Run], from path: String) throws(TensorError) {
    guard !runs.isEmpty, runs.allSatisfy({ !$0.tensors.entries.isEmpty }) else {
      throw TensorError("\(path): holds no tensor")
    }
    for run in runs {
      var names: Set<String> = []
      for name in run.tensors.entries.map(\.name) where !names.insert(name).inserted {
        throw TensorError("\(path): two tensors are named \(name.debugDescription)")
      }
    }
    self.format = format
    self.runs = runs
  }

  init(
    _ format: Format, _ entries: [TensorArchive.Entry], from path: String
  ) throws(TensorError) {
    try self.init(format, runs: [Run(tensors: TensorArchive(entries))], from: path)
  }
}

extension Dump {
  /// Reads a single file.
  init(file path: String) throws(TensorError) {
    let fileName = URL(fileURLWithPath: path).lastPathComponent
    if let raw = RawFileName(fileName) {
      try self.init(.trtexecRaw, [raw.entry(ofFile: path)], from: path)
      return
    }
    let file = try naming(path) { () throws(TensorError) in try MappedFile(path: path) }
    let bytes = CheckedBytes(region: file.bytes)
    if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
      let entry = TensorArchive.Entry(
        name: DebugTensorName(fileName).name, tensor: try Tensor(npyFile: path))
      try self.init(.npy, [entry], from: path)
    } else if bytes.starts(with: Array("PK".utf8)) {
      try self.init(.npz, TensorArchive(contentsOfFile: path).entries, from: path)
    } else {
      let (format, runs) = try naming(path) { () throws(TensorError) in
        try Dump.readJSON(bytes)
      }
      try self.init(format, runs: runs, from: path)
    }
    withExtendedLifetime(file) {}
  }

  private static func readJSON(_ bytes: CheckedBytes) throws(TensorError) -> (Format, [Run]) {
    var scanner = JSONScanner(bytes)
    switch scanner.peek() {
    case UInt8(ascii: "[") where TrtexecJSON.isBeginning(of: scanner):
      return (.trtexecJSON, [Run(tensors: TensorArchive(try TrtexecJSON.read(&scanner)))])
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      return (.polygraphyJSON, try PolygraphyJSON.read(&scanner))
    default:
      throw TensorError(
        "neither JSON of trtexec or Polygraphy, nor .npy, .npz, or a"
          + " <name>.<input|output>.<dims>.<type>.raw file")
    }
  }
}

/// What `body` returns; its error gets the file's name.
func naming<Result>(
  _ path: String, _ body: () throws(TensorError) -> Result
) throws(TensorError) -> Result {
  do {
    return try body()
  } catch {
    throw TensorError("\(path): \(error)")
  }
}
