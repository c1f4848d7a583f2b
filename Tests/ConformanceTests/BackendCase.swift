import Foundation
import Interpreter
import ONNXFormat
import ONNXGraph
import Tensors
import Testing

/// A case of the onnx package's backend tests: a folder with a model and data sets, each of which
/// holds inputs and the outputs they must give.
struct BackendCase: Sendable, CustomTestStringConvertible {
  enum Outcome {
    case agreed
    /// The library said that, or why, it cannot do this.
    case refused(String)
    case differed(String)
  }

  /// For example `node/test_abs`.
  let name: String
  private let folder: String

  var testDescription: String { name }

  /// The folder with the backend cases, when the environment names one.
  private static let root = ProcessInfo.processInfo.environment["VERIFY_PATCH_CONFORMANCE"]

  /// All cases but those whose models would have to be downloaded.
  static let all: [BackendCase] = {
    guard let root else { return [] }
    let kinds = ["node", "simple", "pytorch-operator", "pytorch-converted"]
    return kinds.flatMap { kind in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(kind)")) ?? []
      return names.sorted().map {
        BackendCase(name: "\(kind)/\($0)", folder: "\(root)/\(kind)/\($0)")
      }
    }.filter { FileManager.default.fileExists(atPath: $0.modelPath) }
  }()

  /// onnx's own runner allows 1e-3. That is needed only where a case's author wrote the numbers
  /// down with four digits.
  private var relativeTolerance: Double {
    name == "node/test_averagepool_2d_ceil_last_window_starts_on_pad" ? 1e-3 : 1e-5
  }

  var modelPath: String { folder + "/model.onnx" }

  /// What comes of running every data set through the case's model, or another.
  func outcome(ofModelAt path: String? = nil) -> Outcome {
    guard !dataSets.isEmpty else { return .differed("there is nothing to run") }
    for dataSet in dataSets {
      let graph: Graph
      let results: [String: Tensor]
      do {
        let model = try Model(contentsOfFile: path ?? modelPath)
        graph = model.graph
        let inputs = try tensors("input", of: graph.inputs, in: dataSet)
        let resolved = try ResolvedGraph(
          model, inputs: inputs.mapValues { .init($0.elementType, $0.shape) })
        results = try Plan(resolved).run(inputs, threads: 1)
      } catch {
        return .refused("\(error)")
      }
      do {
        let expected = try tensors("output", of: graph.outputs, in: dataSet)
        guard expected.count == graph.outputs.count else {
          return .differed("\(expected.count) of \(graph.outputs.count) outputs can be compared")
        }
        for (name, expected) in expected {
          if let difference = difference(
            of: results[name], from: expected, relativeTolerance: relativeTolerance)
          {
            return .differed("'\(name)': \(difference)")
          }
        }
      } catch {
        return .differed("ran, but what is expected is no tensor: \(error)")
      }
    }
    return .agreed
  }

  private var dataSets: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix("test_data_set_") }.sorted()
  }

  /// The tensors in `input_0.pb`, `input_1.pb`, … for the graph's first, second, … input.
  private func tensors(
    _ prefix: String, of infos: [ValueInfo], in dataSet: String
  ) throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (index, info) in infos.enumerated() {
      let path = "\(folder)/\(dataSet)/\(prefix)_\(index).pb"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let proto = try Onnx_TensorProto(serializedBytes: Data(contentsOf: URL(filePath: path)))
      tensors[info.name] = try Tensor(proto, externalData: ExternalData(folder: folder))
    }
    return tensors
  }
}
