import Interpreter
import ONNXGraph
import Testing

@Suite(
  .enabled(
    if: !BackendCase.all.isEmpty,
    "VERIFY_PATCH_CONFORMANCE is not set; Scripts/conformance.sh sets it"))
struct ConformanceTests {
  /// A case whose operators the library has must agree; any other must agree or be refused.
  @Test(arguments: BackendCase.all)
  func agreesOrIsRefused(_ backendCase: BackendCase) {
    if let reason = KnownFailures.reasons[backendCase.name] {
      withKnownIssue(Comment(rawValue: reason)) { run(backendCase) }
    } else {
      run(backendCase)
    }
  }

  private func run(_ backendCase: BackendCase) {
    switch backendCase.outcome() {
    case .agreed: break
    case .differed(let how): Issue.record("\(backendCase.name): \(how)")
    case .refused(let why):
      #expect(backendCase.requiredOpset == nil, "\(backendCase.name) was refused: \(why)")
    }
  }

  /// How many of the package's cases must agree at least, and how many may be known not to. An
  /// operator that is added raises the first; nothing lowers it.
  private static let required = (cases: 1465, ofOpsets7To22: 1105, knownFailures: 7)

  @Test func asManyCasesAsKnownMustAgree() {
    let opsets = BackendCase.all.compactMap { $0.requiredOpset }
    #expect(opsets.count >= Self.required.cases)
    #expect(opsets.count { (7...22).contains($0) } >= Self.required.ofOpsets7To22)
    #expect(KnownFailures.reasons.count <= Self.required.knownFailures)
    let unknown = Set(KnownFailures.reasons.keys).subtracting(BackendCase.all.map(\.name))
    #expect(unknown.isEmpty, "known-failures.txt names cases that there are not")
  }
}

extension BackendCase {
  /// The operator set of a case the library claims to run: all its operators, on tensors of types
  /// it has, and without training.
  var requiredOpset: Int? {
    guard let model = try? Model(contentsOfFile: modelPath), model.missingOperators().isEmpty,
      model.graph.isPlain,
      !model.graph.isForTraining
    else { return nil }
    return model.opsets[""]
  }
}

extension Graph {
  fileprivate var isPlain: Bool {
    (inputs + outputs).allSatisfy { $0.elementType != nil }
      && nodes.allSatisfy { node in
        node.attributes.values.allSatisfy { if case .other = $0 { false } else { true } }
      }
  }

  fileprivate var isForTraining: Bool {
    nodes.contains { node in
      node.attributes["training_mode"] == .int(1)
        || (node.operatorType == "Dropout" && node.inputs.count > 2)
    }
  }
}
