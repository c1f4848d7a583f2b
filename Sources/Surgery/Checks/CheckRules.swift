import ONNXGraph

/// Every rule.
package enum CheckRules {
  package static let all: [any CheckRule.Type] = [
    IRVersionRule.self,
    OpsetImportRule.self,
    DuplicateEntryRule.self,
    InitializerDataRule.self,
    TensorMadeTwiceRule.self,
    TensorNotMadeRule.self,
    NodeOrderRule.self,
    UnknownOperatorRule.self,
    OperatorUseRule.self,
    DeclaredTypeRule.self,
    DeclaredShapeRule.self,
    UndeclaredOutputRule.self,
    PluginDomainRule.self,
    PluginOutputsRule.self,
    PluginDefaultsRule.self,
    PluginAttributesRule.self,
    AnchorsKindRule.self,
    AnchorsCountRule.self,
    AnchorsGridUnitsRule.self,
    AnchorsOrderRule.self,
    HeadsOrderRule.self,
    SigmoidMissingRule.self,
    SigmoidTwiceRule.self,
    StrideRule.self,
    ClassCountRule.self,
    HalfPrecisionHeadsRule.self,
    NMSAttributesRule.self,
    PluginRemovedRule.self,
    PluginDeprecatedRule.self,
    PluginLibraryRule.self,
    StrongTypingRule.self,
    AnchorsDifferRule.self,
    HeadsDifferRule.self,
    ClassCountDiffersRule.self,
    MetadataLostRule.self,
    StaticShapeRule.self,
    OriginalDecodeRule.self,
  ]
}

/// Everything that is wrong with a model, in the order of the rules.
///
/// - Parameters:
///   - path: the model; it may be one that cannot be loaded otherwise.
///   - original: the model it was patched from, if that is to be compared.
///   - target: the version of TensorRT it is for, if that is to be checked.
/// - Throws: `ModelError` when a file cannot be read at all.
public func check(
  _ path: String, against original: String? = nil, target: TensorRTTarget? = nil
) throws(ModelError) -> [Finding] {
  let (model, problems) = try Model.reading(leniently: path)
  var source: Model?
  if let original { source = try Model(contentsOfFile: original) }
  return check(CheckSubject(model, problems: problems, original: source, target: target))
}

package func check(_ subject: CheckSubject) -> [Finding] {
  CheckRules.all.flatMap { rule in
    rule.check(subject).map { finding in
      Finding(
        rule: rule.name, severity: rule.severity, place: finding.place,
        message: finding.message, remedy: finding.remedy)
    }
  }
}
