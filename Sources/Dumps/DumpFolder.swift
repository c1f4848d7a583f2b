import FoundationEssentials
import Tensors

/// A folder of files that one tool wrote.
struct DumpFolder {
  let path: String
  private let fileNames: [String]

  init(_ path: String) throws(TensorError) {
    self.path = path
    do {
      fileNames = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw TensorError("\(path): cannot be listed: \(error.fileReason)")
    }
  }

  func dump() throws(TensorError) -> Dump {
    if fileNames.contains(TensorSummary.fileName) {
      let summary = try TensorSummary(folder: path)
      return try Dump(.trtexecDebugTensors, runs: inferences(summary.entries()), from: path)
    }
    let raw = fileNames.compactMap { name in RawFileName(name).map { (file: name, $0) } }
    if !raw.isEmpty {
      // Inputs are dumped as well; what the engine gave counts.
      let outputs = raw.filter { !$0.1.isInput }
      var entries: [TensorArchive.Entry] = []
      for (file, name) in outputs.isEmpty ? raw : outputs {
        entries.append(try name.entry(ofFile: "\(path)/\(file)"))
      }
      return try Dump(.trtexecRaw, entries, from: path)
    }
    let arrays = fileNames.filter { $0.hasSuffix(".npy") }
    if !arrays.isEmpty {
      var entries: [TensorArchive.Entry] = []
      for file in arrays {
        entries.append(
          TensorArchive.Entry(
            name: DebugTensorName(file).name, tensor: try Tensor(npyFile: "\(path)/\(file)")))
      }
      return try Dump(.npy, runs: inferences(entries), from: path)
    }
    return try iterations()
  }

  /// Polygraphy's `0000000000.json`, one for each iteration.
  private func iterations() throws(TensorError) -> Dump {
    let files = fileNames.filter { $0.hasSuffix(".json") }
    guard !files.isEmpty else {
      throw TensorError(
        "\(path): no .raw, .npy or .json file in this folder that a dump could be read from")
    }
    var runs: [Dump.Run] = []
    for file in files {
      let dump = try Dump(file: "\(path)/\(file)")
      guard dump.format == .polygraphyJSON else {
        throw TensorError("\(path)/\(file): \(dump.format.rawValue); expected polygraphy-json here")
      }
      for run in dump.runs {
        let title = [files.count > 1 ? file : nil, run.title].compactMap { $0 }
        runs.append(
          Dump.Run(title: title.isEmpty ? nil : title.joined(separator: ", "), tensors: run.tensors)
        )
      }
    }
    return try Dump(.polygraphyJSON, runs: runs, from: path)
  }

  /// Tensors of several inferences, told apart by how often a name has come before.
  private func inferences(_ entries: [TensorArchive.Entry]) throws(TensorError) -> [Dump.Run] {
    var counts: [String: Int] = [:]
    var runs: [[TensorArchive.Entry]] = []
    for entry in entries {
      let inference = counts[entry.name, default: 0]
      counts[entry.name] = inference + 1
      if inference == runs.count { runs.append([]) }
      runs[inference].append(entry)
    }
    guard Set(counts.values).count <= 1 else {
      throw TensorError("\(path): some tensors are there more often than others")
    }
    return runs.enumerated().map { index, entries in
      Dump.Run(
        title: runs.count > 1 ? "inference \(index)" : nil, tensors: TensorArchive(entries))
    }
  }
}

/// The name of a debug tensor's file: `0000_<name>.npy`, counted from 0.
struct DebugTensorName {
  /// The tensor's name, as far as a file's name keeps it.
  let name: String

  init(_ fileName: String) {
    let stem = fileName.hasSuffix(".npy") ? fileName.dropLast(4) : fileName[...]
    let number = stem.prefix { $0.isNumber }
    let isNumbered = number.count == 4 && stem.dropFirst(4).first == "_" && stem.count > 5
    name = String(isNumbered ? stem.dropFirst(5) : stem)
  }
}
