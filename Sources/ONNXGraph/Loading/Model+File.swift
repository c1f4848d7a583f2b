import Foundation
import ONNXFormat

extension Model {
  /// Opens an ONNX file: IR version 3 or newer, operator set 7 or newer.
  ///
  /// External data is looked for beside the file. Weights are not copied after parsing.
  ///
  /// - Throws: ``ModelError`` for what is not a sound model; it names the file, and the node or
  ///   tensor where there is one.
  public init(contentsOfFile path: String) throws(ModelError) {
    do {
      let proto = try Onnx_ModelProto(contentsOfFile: path)
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      self = try ModelReader(externalData: ExternalData(folder: folder)).model(proto)
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
      let proto = try Onnx_ModelProto(contentsOfFile: path)
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      let reader = ModelReader(externalData: ExternalData(folder: folder), problems: problems)
      return (try reader.model(proto), problems.list)
    } catch {
      throw ModelError("\(path): \(error)")
    }
  }

  /// Writes the model to a file, tensors included, replacing what is there in one step.
  public func write(toFile path: String) throws(ModelError) {
    do {
      let bytes: Data = try proto().serializedBytes()
      try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch let error as ModelError {
      throw ModelError("\(path): \(error)")
    } catch {
      throw ModelError("\(path): cannot be written: \(error.localizedDescription)")
    }
  }
}
