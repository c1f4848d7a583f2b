import FoundationEssentials
import ONNXFormat
import Tensors

extension Model {
  /// Opens an ONNX file: IR version 3 or newer, operator set 7 or newer.
  ///
  /// External data is looked for beside the file. Weights are not copied: the file stays mapped.
  ///
  /// - Throws: ``ModelError`` for what is not a sound model; it names the file, and the node or
  ///   tensor where there is one.
  public init(contentsOfFile path: String) throws(ModelError) {
    do {
      let file = try ModelFile(path: path)
      self = try ModelReader(file, at: path).model(file.proto)
    } catch {
      throw ModelError("\(path): \(error)")
    }
  }

  /// Opens an ONNX file however wrong it is, to be checked: what reading it strictly would refuse is
  /// listed, and the graph's invariants may not hold.
  ///
  /// - Throws: ``ModelError`` when the file cannot be read or holds no graph.
  package static func reading(
    leniently path: String
  ) throws(ModelError) -> (model: Model, problems: [ModelProblem]) {
    let problems = ModelProblems()
    do {
      let file = try ModelFile(path: path)
      let reader = ModelReader(file, at: path, problems: problems)
      return (try reader.model(file.proto), problems.list)
    } catch {
      throw ModelError("\(path): \(error)")
    }
  }

  /// Writes the model to a file, tensors included, replacing what is there in one step.
  public func write(toFile path: String) throws(ModelError) {
    do {
      let bytes: [UInt8]
      do { bytes = try proto().serializedBytes() } catch let error as ModelError {
        throw error
      } catch {
        throw ModelError("cannot be written: \(error)")
      }
      try FileWriter.write(bytes, toFile: path)
    } catch {
      throw ModelError("\(path): \(error)")
    }
  }
}

extension ModelReader {
  fileprivate init(_ file: ModelFile, at path: String, problems: ModelProblems? = nil) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    self.init(
      externalData: ExternalData(folder: folder), initializerData: file.initializerData,
      problems: problems)
  }
}
